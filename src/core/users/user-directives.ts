import { type Directive, Grammar } from '../config/file/grammar.ts';

export type UserDirectiveName = 'Key' | 'Code' | 'Spa' | 'Doors' | 'From' | 'Until' | 'Off';

/** Directives that hold a user's credentials. */
export const CREDENTIALS = ['Key', 'Code', 'Spa'] as const satisfies readonly UserDirectiveName[];

export type CredentialName = (typeof CREDENTIALS)[number];

export const USER_DIRECTIVES: readonly Directive<UserDirectiveName>[] = [
  { name: 'Key', section: 'user', repeated: 'each', value: 'key', isNew: true },
  { name: 'Code', section: 'user', repeated: 'last', value: 'word', isNew: true, isSecret: true },
  { name: 'Spa', section: 'user', repeated: 'each', value: 'key', isNew: true, isSecret: true },
  { name: 'Doors', section: 'user', repeated: 'both', value: 'word', isNew: true },
  { name: 'From', section: 'user', repeated: 'both', value: 'word', isNew: true },
  { name: 'Until', section: 'user', repeated: 'last', value: 'word', isNew: true },
  { name: 'Off', section: 'user', repeated: 'last', value: 'word', isNew: true },
];

export const USER_GRAMMAR = new Grammar(USER_DIRECTIVES, { section: 'user', example: '[alice]' });
