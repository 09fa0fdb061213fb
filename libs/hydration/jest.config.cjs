module.exports = { displayName: 'hydration', preset: '../../jest.preset.js' };
