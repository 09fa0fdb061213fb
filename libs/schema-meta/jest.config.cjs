module.exports = { displayName: 'schema-meta', preset: '../../jest.preset.js' };
