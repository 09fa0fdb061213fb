import { hasUnencodedPassword, redactUrl } from './redact-url.js';

describe('redactUrl', () => {
  it.each([
    ['postgres://o:secret@host:5432/db', 'postgres://o:***@host:5432/db'],
    ['postgres://o:p@ss/w:rd#1@host/db', 'postgres://o:***@host/db'],
    ['postgres://o:p?w@host/db?sslmode=require', 'postgres://o:***@host/db?sslmode=require'],
    ['postgres://o/x:pw@host/db', 'postgres://o/x:***@host/db'],
    [
      'postgres://host/db?user=o&password=secret&sslmode=disable',
      'postgres://host/db?user=o&password=***&sslmode=disable',
    ],
    ['postgres://o@host:5432/db', 'postgres://o@host:5432/db'],
    ['postgres://host:5432/db', 'postgres://host:5432/db'],
    ['my secret', '(not a URL)'],
  ])('%s', (url, shown) => {
    expect(redactUrl(url)).toBe(shown);
  });
});

describe('hasUnencodedPassword', () => {
  it.each([
    'postgres://o:p@ss/w:rd#1@host/db',
    'postgres://o:p?w@host/db',
    'postgres://o:p?w=d@host/db',
    'postgres://o:p#w@host/db',
    'postgres://o:p/w=d@host/db',
    'postgres://o:p/w@host/db',
  ])('sees one in %s', (url) => {
    expect(hasUnencodedPassword(url)).toBe(true);
  });

  it.each([
    'postgres://o:p%2Fw@host/db',
    'postgres://o:p@ss@host/db',
    'postgres://o@host/db?application_name=me@home',
    'postgres://o:p@host:5432/db?options=-c%20a=b@c',
    'postgres://host/db',
  ])('sees none in %s', (url) => {
    expect(hasUnencodedPassword(url)).toBe(false);
  });
});
