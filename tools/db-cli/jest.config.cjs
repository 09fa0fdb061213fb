module.exports = { displayName: 'db-cli', preset: '../../jest.preset.js' };
