import { formatSource } from './format-source.js';
import type { TwoWay } from './generate/two-way-statement.js';

export interface TemplateOptions {
  readonly className: string;
  /** What it is for, in a sentence. */
  readonly purpose: string;
  readonly statements: TwoWay;
  /** Where it will be. */
  readonly file: string;
}

/** A migration's source: with `import type`, which TypeORM's own template lacks, so that it runs wherever types are stripped. */
export async function migrationSourceText({ className, purpose, statements, file }: TemplateOptions): Promise<string> {
  const text = `import type { MigrationInterface, QueryRunner } from 'typeorm';

/** ${purpose} */
export class ${className} implements MigrationInterface {
  name = '${className}';

  ${method('up', statements.up)}

  ${method('down', statements.down)}
}
`;
  return formatSource(text, file);
}

function method(name: string, statements: readonly string[]): string {
  const lines = statements.map((statement) => `    await queryRunner.query(${literal(statement)});`);
  if (lines.length === 0) return `async ${name}(_queryRunner: QueryRunner): Promise<void> {}`;
  return `async ${name}(queryRunner: QueryRunner): Promise<void> {\n${lines.join('\n')}\n  }`;
}

function literal(statement: string): string {
  return `\`${statement.replaceAll('\\', '\\\\').replaceAll('`', '\\`').replaceAll('${', '\\${')}\``;
}
