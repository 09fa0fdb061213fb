/**
 * Milliseconds since 1970 with fractions. Node processes and the pages of a browser on one machine read the same clock this way, so that
 * a span may begin in one process and end in another.
 */
export const machineNow = (): number => performance.timeOrigin + performance.now();
