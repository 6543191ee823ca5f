// The signs of the page, drawn with one pen on a field of 24 by 24.

const paths = {
  sun: 'M12 7.8a4.2 4.2 0 1 0 0 8.4 4.2 4.2 0 1 0 0-8.4M12 2.5v2.6M12 18.9v2.6M2.5 12h2.6M18.9 12h2.6M5.3 5.3l1.8 1.8M16.9 16.9l1.8 1.8M5.3 18.7l1.8-1.8M16.9 7.1l1.8-1.8',
  battery:
    'M4.7 7h12.6a2.2 2.2 0 0 1 2.2 2.2v6.1a2.2 2.2 0 0 1-2.2 2.2H4.7a2.2 2.2 0 0 1-2.2-2.2V9.2A2.2 2.2 0 0 1 4.7 7M22 10.5v3.5M6 10.2v4M9.5 10.2v4M13 10.2v4',
  load: 'M3.5 11.2 12 4l8.5 7.2M6 9.5V20h12V9.5M10 20v-5.5h4V20',
  grid: 'M9 3v5M15 3v5M6.5 8h11v3.5a5.5 5.5 0 0 1-11 0zM12 17v4.5',
  fresh: 'M12 6a6 6 0 1 0 0 12 6 6 0 1 0 0-12',
  sleeping: 'M19.5 14.2A8 8 0 1 1 9.8 4.5a6.4 6.4 0 0 0 9.7 9.7z',
  late: 'M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 1 0 0-17M12 7v5.3l3.3 2',
  lost: 'M4.5 4.5l15 15M8.2 5.4A8.3 8.3 0 0 1 19 15.7M5.6 8.1a8.3 8.3 0 0 0 10.6 11',
  cut: 'M6 7.5h12M6 12h7M6 16.5h4',
  warning: 'M12 4.2 21 19.5H3zM12 10v4.5M12 17v.2',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  left: 'M14.5 5.5 8 12l6.5 6.5',
  up: 'M12 19V5.5M5.8 11.5 12 5.3l6.2 6.2',
  down: 'M12 5v13.5M5.8 12.5l6.2 6.2 6.2-6.2',
  right: 'M5 12h13.5M12.5 5.8l6.2 6.2-6.2 6.2',
  save: 'M12 4v11M7 10.5l5 5 5-5M4.5 20h15',
  overview: 'M4 4h6.7v6.7H4zM13.3 4H20v6.7h-6.7zM4 13.3h6.7V20H4zM13.3 13.3H20V20h-6.7z',
  system:
    'M4 6.5h2M10 6.5h10M4 12h9.5M17.5 12H20M4 17.5h4M12 17.5h8M8 4.5a2 2 0 1 0 0 4 2 2 0 1 0 0-4M15.5 10a2 2 0 1 0 0 4 2 2 0 1 0 0-4M10 15.5a2 2 0 1 0 0 4 2 2 0 1 0 0-4',
  devices: 'M3 14.5h4l3-8.5 4.5 12 2.5-6h4',
} as const;

const filled: ReadonlySet<string> = new Set(['fresh', 'sleeping']);

export type IconName = keyof typeof paths;

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class={filled.has(name) ? 'i f' : 'i'} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={paths[name]} />
    </svg>
  );
}

export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 26 26" aria-hidden="true" focusable="false">
      <rect x=".5" y=".5" width="25" height="25" rx="7" />
      <path d="M4.5 15.5h4.2l3-7.500 3.8 10 2.300-5.200h3.7" />
    </svg>
  );
}
