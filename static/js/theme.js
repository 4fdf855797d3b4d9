// Loaded before first paint, on purpose not deferred: "auto" follows the system without a flash of the other theme.
(() => {
  const root = document.documentElement;
  const system = matchMedia('(prefers-color-scheme: dark)');
  const apply = () => {
    const dark = root.dataset.theme === 'dark' || (root.dataset.theme === 'auto' && system.matches);
    root.dataset.bsTheme = dark ? 'dark' : 'light';
  };
  system.addEventListener('change', apply);
  new MutationObserver(apply).observe(root, { attributeFilter: ['data-theme'] });
  addEventListener('beforeprint', () => { root.dataset.bsTheme = 'light'; });
  addEventListener('afterprint', apply);
  apply();
})();
