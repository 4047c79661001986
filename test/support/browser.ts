// A real browser, without a screen: Debian's Chromium, spoken to by its DevTools protocol.
import { rm } from "node:fs/promises";
import { temporaryFolder } from "./marker.ts";

export interface Page extends AsyncDisposable {
  /** The value of a JavaScript expression in the page. */
  evaluate<T>(expression: string): Promise<T>;
  /** PNG of what is seen, or of all of the page. */
  screenshot(options?: { readonly all?: boolean }): Promise<Buffer>;
  /** As it would be printed. */
  pdf(): Promise<Buffer>;
  /** Moves the pointer there. */
  point(x: number, y: number): Promise<void>;
  resize(width: number, height: number): Promise<void>;
  /** Errors and warnings of the page so far: exceptions, what it refused to load, what it logged. */
  readonly complaints: readonly string[];
  /** Whatever it asked for, itself not counted. */
  readonly requests: readonly string[];
}

export interface Browser extends AsyncDisposable {
  open(
    url: string,
    options: { readonly width: number; readonly height?: number; readonly dark?: boolean },
  ): Promise<Page>;
}

/** Chromium starts slowly where others use the machine, too. */
const START_MS = 60_000;

type Message = {
  readonly id?: number;
  readonly method?: string;
  readonly sessionId?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
};

export async function startBrowser(): Promise<Browser> {
  const profile = await temporaryFolder("browser");
  const child = Bun.spawn(
    // Root may not have a sandbox in there, and the pages are our own.
    [
      "chromium",
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-dev-shm-usage",
      "--no-first-run",
    ].concat(["--hide-scrollbars", "--remote-debugging-port=0", `--user-data-dir=${profile}`, "about:blank"]),
    { stdin: "ignore", stdout: "ignore", stderr: "pipe", env: { ...process.env, HOME: profile } },
  );
  const end = async () => {
    child.kill("SIGKILL");
    await child.exited;
    // Its children end a moment after it, and may write till then.
    await rm(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  };
  try {
    const socket = new WebSocket(await address(child.stderr));
    await once(socket, "open");
    const answers = new Map<number, PromiseWithResolvers<Record<string, unknown>>>();
    const listeners = new Map<string, (message: Message) => void>();
    let last = 0;
    socket.addEventListener("message", ({ data }) => {
      const message = JSON.parse(`${data}`) as Message;
      const waiting = answers.get(message.id ?? 0);
      if (waiting === undefined) return listeners.get(message.sessionId ?? "")?.(message);
      answers.delete(message.id ?? 0);
      if (message.error) waiting.reject(new Error(message.error.message));
      else waiting.resolve(message.result ?? {});
    });
    socket.addEventListener("close", () => {
      for (const { reject } of answers.values()) reject(new Error("the browser is gone"));
    });
    const send = (method: string, params: object = {}, sessionId?: string) => {
      const answer = Promise.withResolvers<Record<string, unknown>>();
      answers.set(++last, answer);
      socket.send(JSON.stringify({ id: last, method, params, sessionId }));
      return answer.promise;
    };
    return {
      open: (url, options) => openPage(url, options, { send, listeners }),
      [Symbol.asyncDispose]: async () => {
        await send("Browser.close").catch(() => undefined);
        await end();
      },
    };
  } catch (error) {
    await end();
    throw error;
  }
}

async function openPage(
  url: string,
  { width, height = 900, dark = false }: { width: number; height?: number; dark?: boolean },
  {
    send,
    listeners,
  }: {
    readonly send: (method: string, params?: object, sessionId?: string) => Promise<Record<string, unknown>>;
    readonly listeners: Map<string, (message: Message) => void>;
  },
): Promise<Page> {
  const { targetId } = await send("Target.createTarget", { url: "about:blank" });
  const attached = await send("Target.attachToTarget", { targetId, flatten: true });
  const sessionId = `${attached.sessionId}`;
  const ask = (method: string, params: object = {}) => send(method, params, sessionId);
  const complaints: string[] = [];
  const requests: string[] = [];
  const loaded = Promise.withResolvers<void>();
  listeners.set(sessionId, ({ method, params = {} }) => {
    if (method === "Page.loadEventFired") loaded.resolve();
    else if (method === "Runtime.exceptionThrown") complaints.push(JSON.stringify(params));
    else if (method === "Log.entryAdded") {
      const { level, text } = params.entry as { level: string; text: string };
      if (level === "error" || level === "warning") complaints.push(text);
    } else if (method === "Runtime.consoleAPICalled") complaints.push(JSON.stringify(params.args));
    else if (method === "Network.requestWillBeSent") {
      const { request } = params as { request: { url: string } };
      if (request.url !== url) requests.push(request.url);
    }
  });
  const resize = async (wide: number, high: number) => {
    await ask("Emulation.setDeviceMetricsOverride", {
      ...{ width: wide, height: high, deviceScaleFactor: 1, mobile: false },
    });
  };
  for (const domain of ["Page", "Runtime", "Log", "Network"]) await ask(`${domain}.enable`);
  await resize(width, height);
  const scheme = { name: "prefers-color-scheme", value: dark ? "dark" : "light" };
  await ask("Emulation.setEmulatedMedia", { features: [scheme] });
  await ask("Page.navigate", { url });
  await loaded.promise;
  return {
    complaints,
    requests,
    resize,
    evaluate: async <T>(expression: string) => {
      const answer = await ask("Runtime.evaluate", { expression, returnByValue: true, awaitPromise: true });
      if (answer.exceptionDetails !== undefined) throw new Error(JSON.stringify(answer.exceptionDetails));
      return (answer.result as { value: T }).value;
    },
    screenshot: async ({ all = false } = {}) => {
      const { data } = await ask("Page.captureScreenshot", { captureBeyondViewport: all });
      return Buffer.from(`${data}`, "base64");
    },
    pdf: async () =>
      Buffer.from(`${(await ask("Page.printToPDF", { printBackground: true })).data}`, "base64"),
    point: async (x, y) => {
      await ask("Input.dispatchMouseEvent", { type: "mouseMoved", x, y });
    },
    [Symbol.asyncDispose]: async () => {
      listeners.delete(sessionId);
      await send("Target.closeTarget", { targetId });
    },
  };
}

/** Where it says that it listens; the rest of what it says is read, so that it never waits for us. */
async function address(stderr: ReadableStream<Uint8Array>): Promise<string> {
  const found = Promise.withResolvers<string>();
  const timer = setTimeout(() => found.reject(new Error(`chromium said nothing of use:\n${text}`)), START_MS);
  let text = "";
  const read = async () => {
    for await (const chunk of stderr) {
      text = `${text}${Buffer.from(chunk)}`.slice(-20_000);
      const url = /DevTools listening on (ws:\/\/\S+)/.exec(text)?.[1];
      if (url !== undefined) found.resolve(url);
    }
    found.reject(new Error(`chromium ended:\n${text}`));
  };
  read().catch(found.reject);
  return found.promise.finally(() => clearTimeout(timer));
}

function once(socket: WebSocket, event: "open"): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.addEventListener(event, () => resolve(), { once: true });
  socket.addEventListener("error", () => reject(new Error("no answer from chromium")), { once: true });
  return promise;
}
