module.exports = { displayName: 'entities-billing', preset: '../../../jest.preset.js' };
