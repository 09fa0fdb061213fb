import { CreateDateColumn, PrimaryGeneratedColumn, UpdateDateColumn, VersionColumn } from 'typeorm';
import { IsUuid } from './validation/is-uuid.js';

/**
 * What every synced row has. A trigger in the database keeps the last three for every writer, whatever it sends: a client
 * never sets them.
 */
export abstract class BaseEntity {
  /** Made by the database, or by a client that creates the row while offline. */
  @PrimaryGeneratedColumn('uuid')
  @IsUuid()
  id!: string;

  @CreateDateColumn({ type: 'timestamptz' })
  createdAt!: Date;

  @UpdateDateColumn({ type: 'timestamptz' })
  updatedAt!: Date;

  /** 1 at insert, then one more with each update: by it the server sees that a row has changed since a client read it [W7]. */
  @VersionColumn({ type: 'integer', default: 1 })
  version!: number;
}
