// The public door: all that scripts import. A name exported here is a promise.
export { type ErrorCode, OpsError } from "./errors.ts";
export { FLEET_FLAGS, type Flag, Help, type Parsed, parseOptions, type Usage } from "./options.ts";
export { EXIT, errorText, script } from "./script.ts";
