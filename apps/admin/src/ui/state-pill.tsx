import type { Tone } from './tone.js';

/** A state by colour and word: colour alone is not for everybody. */
export function StatePill({ tone, text }: { readonly tone: Tone; readonly text: string }) {
  return (
    <span className={`pill ${tone}`}>
      <i aria-hidden="true" /> {text}
    </span>
  );
}
