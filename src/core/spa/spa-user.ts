/**
 * The user name that a packet carries, as libfko accepts it (validate_username in fko_user.c): without the characters
 * that Windows refuses in user names, and of 63 characters at most.
 */
export const isSpaUser = (text: string): boolean => /^(?:(?!["/\\[\]:;|=,+*?<>])[ -~]){1,63}$/.test(text);

export const SPA_USER_FORM = '1 to 63 characters of ASCII, none of them one of "/\\[]:;|=,+*?<>';
