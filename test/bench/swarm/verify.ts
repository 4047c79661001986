// SHA-256 of files: what was made, and what arrived.
import { existsSync } from "node:fs";

export async function sha256(file: string): Promise<string> {
  const hasher = new Bun.CryptoHasher("sha256");
  for await (const chunk of Bun.file(file).stream()) hasher.update(chunk);
  return hasher.digest("hex");
}

export async function isRight(file: string, expected: string): Promise<boolean> {
  return existsSync(file) && (await sha256(file)) === expected;
}
