// What is measured inside the page. Each function is handed to the browser as it is and sees nothing outside itself.

/** How far the page is wider than its window, px. */
export const sidewaysBy = (): number =>
  document.documentElement.scrollWidth - document.documentElement.clientWidth;

/** Controls that are seen and smaller than a finger, with their size. */
export function smallControls(least: number): string[] {
  const controls = document.querySelectorAll<HTMLElement>(
    'a, button, select, summary, input, [tabindex="0"]',
  );
  return [...controls].flatMap((control) => {
    const { width, height, right } = control.getBoundingClientRect();
    if (!control.checkVisibility() || right <= 0 || width === 0) return [];
    const text = control.textContent?.trim().slice(0, 24) ?? '';
    const isSmall = width < least - 0.5 || height < least - 0.5;
    return isSmall ? [`${control.className} "${text}" ${width.toFixed()}×${height.toFixed()}`] : [];
  });
}

/** Boxes whose content is larger than they are. */
export function overfull(selector: string): string[] {
  return [...document.querySelectorAll<HTMLElement>(selector)].flatMap((box) => {
    if (!box.checkVisibility()) return [];
    const { scrollWidth, clientWidth, scrollHeight, clientHeight } = box;
    const isOver = scrollWidth > clientWidth + 1 || scrollHeight > clientHeight + 1;
    return isOver
      ? [`${box.className}: ${scrollWidth}>${clientWidth} or ${scrollHeight}>${clientHeight}`]
      : [];
  });
}

/** Texts that stand out too little from what is behind them: 4.5:1, 3:1 from 24 px. */
export function paleTexts(): string[] {
  type Colour = readonly [number, number, number, number];
  const parse = (text: string): Colour => {
    const [red = 0, green = 0, blue = 0, alpha = 1] = (text.match(/[\d.]+/g) ?? []).map(Number);
    return [red, green, blue, alpha];
  };
  const over = (front: Colour, back: Colour): Colour => {
    const mix = (a: number, b: number) => a * front[3] + b * (1 - front[3]);
    return [mix(front[0], back[0]), mix(front[1], back[1]), mix(front[2], back[2]), 1];
  };
  const luminance = ([red, green, blue]: Colour): number => {
    const linear = (part: number) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    };
    return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
  };
  const ratio = (a: Colour, b: Colour): number => {
    const [low = 0, high = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
    return (high + 0.05) / (low + 0.05);
  };
  /** Of gradients every colour may be what is behind the text. */
  const grounds = (element: Element): Colour[] => {
    for (let at: Element | null = element; at; at = at.parentElement) {
      const { backgroundColor, backgroundImage } = getComputedStyle(at);
      const colours = (backgroundImage.match(/rgba?\([^)]*\)/g) ?? [])
        .map(parse)
        .filter(([, , , a]) => a === 1);
      const ground = parse(backgroundColor);
      if (ground[3] === 1) return [ground, ...colours];
    }
    return [[255, 255, 255, 1]];
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const pale = new Set<string>();
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    const text = node.textContent?.trim() ?? '';
    if (!element || text === '' || !element.checkVisibility({ opacityProperty: true })) continue;
    if (element.closest('[disabled], noscript, option, .skip, .sr')) continue;
    const { color, fontSize } = getComputedStyle(element);
    const least = Number.parseFloat(fontSize) >= 24 ? 3 : 4.5;
    for (const ground of grounds(element)) {
      const found = ratio(over(parse(color), ground), ground);
      if (found < least)
        pale.add(`${element.className || element.tagName} "${text.slice(0, 20)}" ${found.toFixed(2)}`);
    }
  }
  return [...pale];
}

/** Colours of lines and states, by their tokens, that stand out less than 3:1 from the card behind them. */
export function paleLines(): string[] {
  const painted = document.body.appendChild(document.createElement('i'));
  const luminance = (token: string): number => {
    painted.style.color = `var(${token})`;
    const [red = 0, green = 0, blue = 0] = (getComputedStyle(painted).color.match(/\d+/g) ?? []).map(
      (part) => {
        const share = Number(part) / 255;
        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
      },
    );
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const card = luminance('--surface');
  return ['--solar-ln', '--batt', '--load', '--grid', '--ink-2', '--sleep', '--late', '--lost'].flatMap(
    (token) => {
      const line = luminance(token);
      const ratio = (Math.max(line, card) + 0.05) / (Math.min(line, card) + 0.05);
      return ratio < 3 ? [`${token} ${ratio.toFixed(2)}`] : [];
    },
  );
}

/** Elements that would move: by an animation, by a transition, or by scrolling slowly. */
export function moving(): string[] {
  return [...document.querySelectorAll('*')].flatMap((element) =>
    [null, '::before', '::after'].flatMap((part) => {
      const { animationName, transitionDuration, scrollBehavior } = getComputedStyle(element, part);
      const isStill =
        animationName === 'none' && /^[0s, ]*$/.test(transitionDuration) && scrollBehavior === 'auto';
      return isStill ? [] : [`${element.tagName}.${element.className}${part ?? ''}`];
    }),
  );
}

/** Elements of which neither they nor what stands before them has a background other than the page's own. */
export function unpainted(selector: string): string[] {
  const page = getComputedStyle(document.body).backgroundColor;
  return [...document.querySelectorAll(selector)].flatMap((element) => {
    const isPainted = [null, '::before'].some((part) => {
      const { content, backgroundColor, backgroundImage } = getComputedStyle(element, part);
      if (part !== null && content === 'none') return false;
      return backgroundImage !== 'none' || ![page, 'rgba(0, 0, 0, 0)'].includes(backgroundColor);
    });
    return isPainted ? [] : [`${element.tagName}.${element.className} "${element.textContent}"`];
  });
}
