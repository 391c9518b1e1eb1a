// The service worker: what the worker's pages stand on is at hand, and what was seen last is kept.
{% for address in workbox -%}
importScripts({{ address|tojson }});
{% endfor %}
const { clientsClaim } = workbox.core;
const { registerRoute, setCatchHandler } = workbox.routing;
const { CacheFirst, NetworkFirst, NetworkOnly, StaleWhileRevalidate } = workbox.strategies;
const { ExpirationPlugin } = workbox.expiration;

const OFFLINE = {{ offline|tojson }};
const SHELLS = {{ shells|tojson }};
const WAIT_S = 4;
const most = (maxEntries) => new ExpirationPlugin({ maxEntries, purgeOnQuotaError: true });

// One cache a version of the files: a file is asked for once, and what HTTP holds is not fetched again.
const FILES = "files-" + {{ version|tojson }};

const keepShells = () => caches.open("pages").then((cache) => cache.addAll([OFFLINE, ...SHELLS])).catch(() => {});

self.skipWaiting();
clientsClaim();

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(FILES).then((cache) => cache.addAll({{ files|tojson }})));
  // Pages may be missing: a registry that cannot be read today is no reason to have nothing at hand.
  event.waitUntil(keepShells());
});

self.addEventListener("activate", (event) => {
  const isOld = (name) => name.startsWith("files-") && name !== FILES;
  event.waitUntil(caches.keys().then((names) => Promise.all(names.filter(isOld).map((name) => caches.delete(name)))));
});

// Pages without a question in their address: as they are now, or as they were.
const pages = new NetworkFirst({ cacheName: "pages", networkTimeoutSeconds: WAIT_S, plugins: [most(60)] });
const isOurs = (url) => url.origin === self.location.origin;
const isPage = (url) => SHELLS.includes(url.pathname) || /^\/stations\/[^/]+$/.test(url.pathname);

registerRoute(({ request, url }) => isOurs(url) && request.mode === "navigate" && isPage(url) && !url.search, pages);
registerRoute(({ request, url }) => isOurs(url) && request.destination === "iframe" && isPage(url), pages);

// The base map: what has been looked at.
registerRoute(
  ({ url }) => isOurs(url) && url.pathname === "/basemap",
  new StaleWhileRevalidate({ cacheName: "basemap", plugins: [most(2)] }),
);
registerRoute(
  ({ request, url }) => !isOurs(url) && request.destination === "image",
  new StaleWhileRevalidate({ cacheName: "tiles", plugins: [most(80)] }),
);
registerRoute(
  ({ url }) => isOurs(url) && url.pathname.startsWith("/photos/"),
  new StaleWhileRevalidate({ cacheName: "photos", plugins: [most(40)] }),
);
registerRoute(
  ({ url }) => isOurs(url) && url.pathname.startsWith({{ static|tojson }}),
  new CacheFirst({ cacheName: FILES }),
);
// Every other page is as it is now, or one that says why there is none.
registerRoute(({ request }) => request.mode === "navigate", new NetworkOnly());

// Saving a station puts its page at hand; forgetting it, or its end, takes it away.
self.addEventListener("message", ({ data }) => {
  if (data?.kind === "renew") keepShells();
  if (data?.kind === "keep") caches.open("pages").then((cache) => cache.addAll(data.addresses)).catch(() => {});
  if (data?.kind === "drop") caches.open("pages").then((cache) => Promise.all(data.addresses.map((one) => cache.delete(one, { ignoreVary: true }))));
});

setCatchHandler(async ({ request }) => {
  if (request.mode !== "navigate") return Response.error();
  return (await caches.match(OFFLINE, { ignoreVary: true })) ?? Response.error();
});
