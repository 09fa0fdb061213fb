import { restoreSession, serialiseSession, type SessionState } from '@millrace/sync-session';

/** What a session needs of its socket to outlive the sleep of its object. */
export interface AttachedSocket {
  serializeAttachment(value: unknown): void;
  deserializeAttachment(): unknown;
}

/** The sessions of one client's sockets, each kept in its socket's attachment: a delivery costs no storage write [D5]. */
export class Sessions<Socket extends AttachedSocket> {
  readonly #states = new Map<Socket, SessionState>();

  get size(): number {
    return this.#states.size;
  }

  sockets(): readonly Socket[] {
    return [...this.#states.keys()];
  }

  others(socket: Socket): readonly Socket[] {
    return this.sockets().filter((other) => other !== socket);
  }

  stateOf(socket: Socket): SessionState | null {
    return this.#states.get(socket) ?? null;
  }

  clientOf(socket: Socket): string {
    return this.stateOf(socket)?.clientId ?? '';
  }

  /** The socket that pushes are for; null: nobody is connected. */
  receiver(): Socket | null {
    const found = [...this.#states].find(([, { phase }]) => phase === 'live' || phase === 'registering');
    return found?.[0] ?? null;
  }

  /** A session that is over leaves nothing in the attachment: while its socket closes, the object may be evicted, and would take it for live. */
  keep(socket: Socket, state: SessionState): void {
    this.#states.set(socket, state);
    socket.serializeAttachment(state.phase === 'closed' ? null : serialiseSession(state));
  }

  /** After the object has slept. False: the attachment holds no session that this version of the code could go on with. */
  restore(socket: Socket): boolean {
    const state = restoreSession(socket.deserializeAttachment());
    if (state) this.#states.set(socket, state);
    return state !== null;
  }

  remove(socket: Socket): void {
    this.#states.delete(socket);
  }
}
