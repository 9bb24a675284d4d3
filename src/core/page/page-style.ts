/** Light or dark by the system's setting; one column, from 320 px on. */
export const PAGE_STYLE = `
:root { color-scheme: light dark; --line: #8886; --go: #14623a; --goText: #fff; }
@media (prefers-color-scheme: dark) { :root { --go: #7fd6a5; --goText: #06170d; } }
* { box-sizing: border-box; }
body { font: 1.0625rem/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 30rem; padding: 1.25rem; overflow-wrap: anywhere; }
h1 { font-size: 1.375rem; line-height: 1.25; margin: 0 0 .5rem; }
label { display: block; font-weight: 600; margin: 1rem 0 .25rem; }
input, button, a.go { width: 100%; min-height: 3rem; font: inherit; border-radius: .5rem; border: 2px solid var(--line); padding: .5rem .75rem; }
input { font-size: 1.5rem; letter-spacing: .15em; text-align: center; background: Field; color: FieldText; }
button, a.go { display: block; margin-top: 1rem; font-weight: 600; text-align: center; text-decoration: none; background: var(--go); color: var(--goText); border-color: transparent; cursor: pointer; }
button:disabled { opacity: .55; cursor: default; }
:focus-visible { outline: 3px solid CanvasText; outline-offset: 2px; }
#status { min-height: 3rem; margin: 1rem 0 0; font-weight: 600; }
.note { font-size: .875rem; border-top: 1px solid var(--line); margin-top: 1.5rem; padding-top: .75rem; }
[hidden] { display: none !important; }
`;
