module.exports = { displayName: 'sync-protocol', preset: '../../jest.preset.js' };
