module.exports = { displayName: 'entities-core', preset: '../../../jest.preset.js' };
