import { ERROR_CATALOGUE, type ErrorCode } from '@millrace/kernel';
import * as v from 'valibot';

const codes = Object.keys(ERROR_CATALOGUE) as [ErrorCode, ...ErrorCode[]];

/** Server → client: why the socket closes. Never SQL, rows or stacks. */
export const errorSchema = v.object({ type: v.literal('error'), code: v.picklist(codes), message: v.string() });
export type ErrorFrame = v.InferOutput<typeof errorSchema>;
