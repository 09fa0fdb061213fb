import { useState } from 'react';

export interface ConfirmButtonProps {
  readonly label: string;
  readonly question: string;
  readonly onConfirm: () => void;
}

/** Asks once more in its own place: a second press does it, leaving the button takes it back. */
export function ConfirmButton({ label, question, onConfirm }: ConfirmButtonProps) {
  const [asked, setAsked] = useState(false);
  return (
    <button
      type="button"
      className="danger"
      onBlur={() => setAsked(false)}
      onClick={() => (asked ? onConfirm() : setAsked(true))}
    >
      {asked ? question : label}
    </button>
  );
}
