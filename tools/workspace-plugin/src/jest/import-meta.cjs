/**
 * ts-jest transformer: Jest runs the sources as CommonJS, where `import.meta` is a syntax error.
 * `import.meta.url`, `.filename` and `.dirname` become their CommonJS counterparts.
 */
const ts = require('typescript');

const replacements = {
  url: (f) =>
    f.createPropertyAccessExpression(
      f.createCallExpression(
        f.createPropertyAccessExpression(
          f.createCallExpression(f.createIdentifier('require'), undefined, [f.createStringLiteral('node:url')]),
          'pathToFileURL',
        ),
        undefined,
        [f.createIdentifier('__filename')],
      ),
      'href',
    ),
  filename: (f) => f.createIdentifier('__filename'),
  dirname: (f) => f.createIdentifier('__dirname'),
};

const isImportMeta = (node) =>
  ts.isMetaProperty(node) && node.keywordToken === ts.SyntaxKind.ImportKeyword && node.name.text === 'meta';

const replacementFor = (node) =>
  ts.isPropertyAccessExpression(node) && isImportMeta(node.expression) ? replacements[node.name.text] : undefined;

module.exports = {
  name: 'import-meta',
  version: 1,
  factory: () => (context) => (sourceFile) => {
    const visit = (node) => replacementFor(node)?.(context.factory) ?? ts.visitEachChild(node, visit, context);
    return ts.visitNode(sourceFile, visit);
  },
};
