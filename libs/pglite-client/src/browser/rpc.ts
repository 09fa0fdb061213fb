import { errorText, SyncError } from '@millrace/kernel';
import { fromWireError, toWireError, type WireError } from './wire-error.js';

/** The functions that one side offers to the other. Arguments and results must survive structured cloning. */
export type RpcFunctions = Readonly<Record<string, (...args: never[]) => unknown>>;

/** The other side's functions: the same, but asynchronous. */
export type Remote<Functions extends RpcFunctions> = {
  readonly [Name in keyof Functions]: (
    ...args: Parameters<Functions[Name]>
  ) => Promise<Awaited<ReturnType<Functions[Name]>>>;
};

/** What is used of a MessagePort or a Worker. */
export interface RpcPort {
  postMessage(message: unknown): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
}

export interface Rpc<Theirs extends RpcFunctions> {
  readonly remote: Remote<Theirs>;
  /** The other side is gone: every open and later call rejects. */
  end(error: Error): void;
}

type Message =
  | { readonly call: number; readonly name: string; readonly args: readonly unknown[] }
  | { readonly answer: number; readonly result: unknown }
  | { readonly answer: number; readonly error: WireError };

/** Calls in both directions over one channel. Each call has a number; each answer names it. */
export function rpc<Theirs extends RpcFunctions>(port: RpcPort, ours: RpcFunctions): Rpc<Theirs> {
  const open = new Map<
    number,
    { readonly resolve: (result: unknown) => void; readonly reject: (error: Error) => void }
  >();
  let last = 0;
  let ended: Error | null = null;

  port.addEventListener('message', (event) => {
    const message = event.data as Message;
    if ('call' in message) void answer(message.call, message.name, message.args);
    else settle(message);
  });

  async function answer(call: number, name: string, args: readonly unknown[]): Promise<void> {
    try {
      port.postMessage({ answer: call, result: await invoke(name, args) });
    } catch (error) {
      port.postMessage({ answer: call, error: toWireError(error) });
    }
  }

  function invoke(name: string, args: readonly unknown[]): unknown {
    const run = Object.hasOwn(ours, name) ? ours[name] : undefined;
    if (!run) throw new SyncError('assertion-failed', `no such function: ${name}`);
    return (run as (...args: readonly unknown[]) => unknown)(...args);
  }

  function settle(message: Exclude<Message, { call: number }>): void {
    const caller = open.get(message.answer);
    open.delete(message.answer);
    if ('error' in message) caller?.reject(fromWireError(message.error));
    else caller?.resolve(message.result);
  }

  function call(name: string, args: readonly unknown[]): Promise<unknown> {
    if (ended) return Promise.reject(ended);
    return new Promise((resolve, reject) => {
      const number = (last += 1);
      open.set(number, { resolve, reject });
      try {
        port.postMessage({ call: number, name, args });
      } catch (error) {
        open.delete(number);
        reject(
          new SyncError(
            'invalid-message',
            `an argument of ${name} cannot be sent to the database: ${errorText(error)}`,
            { cause: error },
          ),
        );
      }
    });
  }

  return {
    remote: new Proxy({} as Remote<Theirs>, {
      get:
        (_target, name) =>
        (...args: readonly unknown[]) =>
          call(String(name), args),
    }),
    end: (error) => {
      ended ??= error;
      for (const caller of open.values()) caller.reject(error);
      open.clear();
    },
  };
}
