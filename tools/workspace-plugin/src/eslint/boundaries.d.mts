/** Every tag the table of edges knows. */
export const boundaryTags: string[];
