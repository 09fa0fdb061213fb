import { forgetToken, keepToken, takeToken, type TokenPlace } from './admin-token.js';

function place(hash: string) {
  const kept = new Map<string, string>();
  const shown: string[] = [];
  const value: TokenPlace = {
    location: { hash, pathname: '/admin/', search: '?a=1' },
    history: { replaceState: (_data, _unused, url) => void shown.push(url) },
    sessionStorage: {
      getItem: (key) => kept.get(key) ?? null,
      setItem: (key, text) => void kept.set(key, text),
      removeItem: (key) => void kept.delete(key),
    },
  };
  return { value, shown };
}

describe('admin token', () => {
  it('is taken from the hash, kept, and removed from the address', () => {
    const { value, shown } = place('#token=a%2Bb');
    expect(takeToken(value)).toBe('a+b');
    expect(shown).toEqual(['/admin/?a=1']);
    expect(takeToken({ ...value, location: { ...value.location, hash: '' } })).toBe('a+b');
  });

  it.each(['', '#', '#token=', '#token=%20', '#other=x'])('is nobody without one in %j', (hash) => {
    const { value, shown } = place(hash);
    expect(takeToken(value)).toBeNull();
    expect(shown).toEqual([]);
  });

  it('is forgotten on demand', () => {
    const { value } = place('');
    keepToken(value, 'secret');
    expect(takeToken(value)).toBe('secret');
    forgetToken(value);
    expect(takeToken(value)).toBeNull();
  });
});
