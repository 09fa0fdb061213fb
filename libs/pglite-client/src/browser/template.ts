import { errorText, type Logger } from '@millrace/kernel';

/** Where an image of a new database lies; see `makeTemplateImage`. */
export interface TemplateSource {
  readonly url: URL;
  readonly fetch: typeof fetch;
  readonly logger: Logger;
}

/** Null if there is no image there: then a new database is made by initdb, which only takes longer. */
export async function fetchTemplate({ url, fetch, logger }: TemplateSource): Promise<Blob | null> {
  try {
    const response = await fetch(url);
    const bytes = response.ok ? new Uint8Array(await response.arrayBuffer()) : new Uint8Array();
    const type = typeOf(bytes);
    if (type !== null) return new Blob([bytes], { type });
    logger.warn('no template image: a new database takes seconds to make', { url: url.href, status: response.status });
  } catch (error) {
    logger.warn('no template image: a new database takes seconds to make', { url: url.href, reason: errorText(error) });
  }
  return null;
}

/** By its bytes: some servers unpack what is named `.gz`, and some answer every path with a page. */
function typeOf(bytes: Uint8Array): string | null {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return 'application/gzip';
  const magic = new TextDecoder().decode(bytes.subarray(257, 262));
  return magic === 'ustar' ? 'application/x-tar' : null;
}
