import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

describe('the library', () => {
  it('runs from its sources: every entity file gets the decorators that TypeORM needs', () => {
    const script = `import { domainMigrations } from '@millrace/migrations-server';
      import { entities } from '@millrace/db/server';
      console.log(domainMigrations.length > 0 && Object.keys(entities).join());`;
    const output = execFileSync(
      process.execPath,
      ['--conditions=@millrace/source', '--import', 'tsx', '--input-type=module', '--eval', script],
      { cwd: join(__dirname, '../../../..'), encoding: 'utf8' },
    );
    expect(output.trim()).toBe('Tenant,User,Profile,Invoice,Payment');
  });
});
