module.exports = { displayName: 'entities-shared', preset: '../../../jest.preset.js' };
