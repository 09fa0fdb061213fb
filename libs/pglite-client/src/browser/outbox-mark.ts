/** What is known of a database's outbox, in a file beside it; removed before the database is used. */
export function outboxMark(folder: string): string {
  return `${folder}.outbox`;
}
