import type { Socket } from '@millrace/kernel';
import type { SocketEvents } from '@millrace/pglite-client';
import type { Network } from './network.js';

/** The server's side of a socket. */
export interface ServerSide {
  message(text: string): void;
  closed(): void;
}

/**
 * A WebSocket between two processes: each direction keeps its order and loses nothing until the socket is cut; then what is under way is
 * gone, and each side hears of it in its own time.
 */
export class SocketPair {
  private open = true;
  private clientTold = false;
  private serverTold = false;
  private toClientAt = 0;
  private toServerAt = 0;

  private readonly network: Network;
  private readonly client: SocketEvents;
  private readonly server: ServerSide;
  private readonly onFrame: (text: string) => void;

  constructor(network: Network, client: SocketEvents, server: ServerSide, onFrame: (text: string) => void) {
    this.network = network;
    this.client = client;
    this.server = server;
    this.onFrame = onFrame;
  }

  readonly clientSocket: Socket = {
    send: (text) => this.toServer(() => this.open && !this.serverTold && this.server.message(text)),
    close: () => {
      this.clientTold = true;
      this.toServer(() => this.tellServer());
    },
  };

  readonly serverSocket: Socket = {
    send: (text) => {
      this.onFrame(text);
      this.toClient(() => this.open && !this.clientTold && this.client.message(text));
    },
    close: (code, reason) => {
      this.serverTold = true;
      this.toClient(() => this.tellClient(code, reason));
    },
  };

  opened(): void {
    this.toClient(() => this.open && !this.clientTold && this.client.opened());
  }

  /** The line is cut. What was under way is lost; each side hears of it after a while. */
  cut(mostMs: number): void {
    if (!this.open) return;
    this.open = false;
    const { clock, random } = this.network;
    clock.after(random.int(mostMs + 1), () => this.tellClient(1006, 'cut'));
    clock.after(random.int(mostMs + 1), () => this.tellServer());
  }

  private tellClient(code: number, reason: string): void {
    if (this.clientTold) return;
    this.clientTold = true;
    this.client.closed(code, reason);
  }

  private tellServer(): void {
    if (this.serverTold) return;
    this.serverTold = true;
    this.server.closed();
  }

  private toClient(task: () => void): void {
    this.toClientAt = this.inOrder(this.toClientAt, task);
  }

  private toServer(task: () => void): void {
    this.toServerAt = this.inOrder(this.toServerAt, task);
  }

  private inOrder(last: number, task: () => void): number {
    const { clock } = this.network;
    const at = Math.max(last, clock.now() + this.network.delay());
    clock.after(at - clock.now(), task);
    return at;
  }
}
