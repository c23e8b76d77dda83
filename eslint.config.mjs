import eslint from '@eslint/js';
import typescriptEslint from 'typescript-eslint';

const globals = (...names) => Object.fromEntries(names.map((name) => [name, 'readonly']));

export default typescriptEslint.config(
  { ignores: ['node_modules/', '.venv/', 'results/', 'notebooks/', 'data/', '.cache/'] },
  eslint.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [...typescriptEslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // node:test returns promises that the runner itself awaits.
      '@typescript-eslint/no-floating-promises': [
        'error',
        {
          allowForKnownSafeCalls: [
            { from: 'package', name: ['test', 'it', 'describe', 'before', 'after'], package: 'node:test' },
          ],
        },
      ],
      // Numbers and shapes in messages read better without String(...).
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowArray: true, allowBoolean: true },
      ],
    },
  },
  {
    files: ['lib/**/*.ts'],
    // Programs of their own and their verbs, which Node runs with all of tsx.
    ignores: ['lib/cli.ts', 'lib/commands/**', 'lib/reproduce.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: 'ImportExpression[source.value=/^[.]/]',
          message: "In a notebook's kernel import() finds no module of TypeScript: load it by require.",
        },
      ],
    },
  },
  {
    files: ['**/*.mjs', '**/*.cjs'],
    languageOptions: { globals: globals('process', 'performance') },
  },
  {
    files: ['**/*.cjs'],
    languageOptions: { globals: globals('require', '__dirname') },
  },
);
