module.exports = { displayName: 'pglite-client', preset: '../../jest.preset.js' };
