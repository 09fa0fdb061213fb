import * as v from 'valibot';

/** Client → server: send a `checkpoint` that is read now. */
export const verifySchema = v.object({ type: v.literal('verify') });
export type Verify = v.InferOutput<typeof verifySchema>;
