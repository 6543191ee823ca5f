// Whether it is night: by the time of day, or by the height of the sun at a place.
// Sun: the low-precision formulas of the Astronomical Almanac (0.01° between 1950 and 2050).

export type Night =
  /** Minutes since midnight by the machine's clock; `from` may be later than `to`. */
  | { readonly by: 'time'; readonly fromMinutes: number; readonly toMinutes: number }
  /** Degrees; north and east are positive. */
  | { readonly by: 'sun'; readonly latitude: number; readonly longitude: number };

export function isNight(night: Night, wallMs: number): boolean {
  if (night.by === 'sun') return sunHeight(wallMs, night.latitude, night.longitude) < horizon;
  const { fromMinutes: from, toMinutes: to } = night;
  const date = new Date(wallMs);
  const minutes = date.getHours() * 60 + date.getMinutes();
  return from <= to ? minutes >= from && minutes < to : minutes >= from || minutes < to;
}

/** Of the sun's centre at sunrise: half its width, and what the air bends. */
const horizon = -0.833;
const dayMs = 86_400_000;
const noonOf2000Ms = Date.UTC(2000, 0, 1, 12);

const radians = (degrees: number): number => (degrees * Math.PI) / 180;
const degrees = (angle: number): number => (angle * 180) / Math.PI;

/** Of the sun's centre above the horizon, without refraction; degrees. */
export function sunHeight(wallMs: number, latitude: number, longitude: number): number {
  const days = (wallMs - noonOf2000Ms) / dayMs;
  const meanAnomaly = radians(357.528 + 0.9856003 * days);
  const meanLongitude = 280.46 + 0.9856474 * days;
  const eclipticLongitude = radians(
    meanLongitude + 1.915 * Math.sin(meanAnomaly) + 0.02 * Math.sin(2 * meanAnomaly),
  );
  const obliquity = radians(23.439 - 0.0000004 * days);
  const declination = Math.asin(Math.sin(obliquity) * Math.sin(eclipticLongitude));
  const rightAscension = Math.atan2(
    Math.cos(obliquity) * Math.sin(eclipticLongitude),
    Math.cos(eclipticLongitude),
  );
  const siderealTime = radians(280.46062 + 360.9856474 * days + longitude);
  const hourAngle = siderealTime - rightAscension;
  const place = radians(latitude);
  return degrees(
    Math.asin(
      Math.sin(place) * Math.sin(declination) + Math.cos(place) * Math.cos(declination) * Math.cos(hourAngle),
    ),
  );
}
