// Where one is: by the phone, if its owner lets it tell.
const WAIT_MS = 10_000;
const CODES = { 1: "denied", 2: "unavailable", 3: "timeout" };

/** The permission as it stands: granted, denied, or prompt where nobody knows. */
export async function permission() {
  try {
    return (await navigator.permissions.query({ name: "geolocation" })).state;
  } catch {
    return "prompt";
  }
}

/** The position as `{ lon, lat, accuracy }`; throws an error whose `reason` is denied, unavailable or timeout. */
export function whereAmI() {
  return new Promise((resolve, reject) => {
    const fail = (reason) => reject(Object.assign(new Error(reason), { reason }));
    if (!navigator.geolocation) {
      fail("unavailable");
      return;
    }
    // Some browsers never call back while their own question stays unanswered.
    const timer = setTimeout(() => fail("timeout"), WAIT_MS + 2_000);
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        clearTimeout(timer);
        resolve({ lon: coords.longitude, lat: coords.latitude, accuracy: coords.accuracy });
      },
      ({ code }) => {
        clearTimeout(timer);
        fail(CODES[code] ?? "unavailable");
      },
      { enableHighAccuracy: true, timeout: WAIT_MS, maximumAge: 0 },
    );
  });
}
