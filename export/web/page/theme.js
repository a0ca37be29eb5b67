// Light, dark, or as the system says; the choice is remembered.

const KEY = 'theme';
const NEXT = { system: 'light', light: 'dark', dark: 'system' };

/** Makes `button` go through the themes, and calls `onChange` after each change. */
export function followTheme(button, onChange) {
  let theme = remembered();
  const apply = () => {
    document.documentElement.dataset.theme = theme;
    button.textContent = `Theme: ${theme}`;
    onChange();
  };
  button.addEventListener('click', () => {
    theme = NEXT[theme];
    remember(theme);
    apply();
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', onChange);
  apply();
}

// Storage is refused in some private windows.
function remembered() {
  try {
    const theme = localStorage.getItem(KEY);
    return theme in NEXT ? theme : 'system';
  } catch {
    return 'system';
  }
}

function remember(theme) {
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // The choice then lasts as long as the page.
  }
}
