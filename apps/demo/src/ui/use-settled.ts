import { useEffect, useState } from 'react';

/** A value that has stood still for a moment: a query for each letter typed would only hold up the one for the word. */
export function useSettled<T>(value: T, ms = 150): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return settled;
}
