module.exports = {
  displayName: 'e2e',
  preset: '../../jest.preset.js',
  testMatch: ['**/*.e2e.ts', '**/*.spec.ts'],
  // One stack at a time: scenarios measure latencies, and the machine is shared with a browser.
  maxWorkers: 1,
};
