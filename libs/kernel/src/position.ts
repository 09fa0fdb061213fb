/**
 * A place in the history of one database.
 *
 * `epoch`: uuid of one unbroken history. `seq`: dense number per change in commit order, never restarted.
 * `chain`: hash over the previous chain and the transaction that ends at `seq`; proves that two parties speak of the same history.
 * A cursor is always the position that ends a transaction (I4).
 */
export interface Position {
  readonly epoch: string;
  readonly seq: bigint;
  readonly chain: string;
}

/** Same history, same place. */
export function positionEquals(a: Position, b: Position): boolean {
  return a.epoch === b.epoch && a.seq === b.seq && a.chain === b.chain;
}

/** A position as it travels in JSON: `seq` as decimal text, since it is 64 bits wide. */
export interface PositionJson {
  readonly epoch: string;
  readonly seq: string;
  readonly chain: string;
}

export function positionToJson(position: Position): PositionJson {
  return { epoch: position.epoch, seq: position.seq.toString(), chain: position.chain };
}

export function positionFromJson(json: PositionJson): Position {
  return { epoch: json.epoch, seq: BigInt(json.seq), chain: json.chain };
}
