module.exports = { displayName: 'sync-rules', preset: '../../jest.preset.js' };
