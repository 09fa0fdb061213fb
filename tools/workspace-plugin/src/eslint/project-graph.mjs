import { readCachedProjectGraph } from '@nx/devkit';

/**
 * The boundary rule reads the project graph that the last run of Nx has stored. In a fresh clone there is none, and the rule then lets
 * everything pass in silence: this one says so instead.
 */
const hasProjectGraph = once(() => {
  try {
    readCachedProjectGraph();
    return true;
  } catch {
    return false;
  }
});

export const projectGraphPlugin = {
  rules: {
    'project-graph': {
      meta: { type: 'problem', schema: [] },
      create: (context) => ({
        Program(node) {
          if (hasProjectGraph()) return;
          context.report({
            node,
            message:
              'No project graph is stored, without which imports between projects are not checked: npm run lint:file -- <file>',
          });
        },
      }),
    },
  },
};

function once(work) {
  let result;
  return () => (result ??= work());
}
