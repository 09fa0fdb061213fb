module.exports = { displayName: 'change-history', preset: '../../jest.preset.js' };
