module.exports = { displayName: 'sync-session', preset: '../../jest.preset.js' };
