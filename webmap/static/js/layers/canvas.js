// A canvas over the view that is drawn anew after each move and stretched while zooming.
import { isAbort } from "../api.js";
import { debounced } from "../dom.js";

const WAIT_MS = 150;

export const ViewCanvas = L.Renderer.extend({
  options: { padding: 0.25 },

  initialize(options) {
    L.Renderer.prototype.initialize.call(this, options);
    // L.Renderer walks through these after a zoom; we draw everything ourselves.
    this._layers = {};
  },

  _initContainer() {
    this._container = L.DomUtil.create("canvas", `view-canvas ${this.options.className ?? ""}`);
    this._container.setAttribute("aria-hidden", "true");
  },

  _destroyContainer() {
    this._container.remove();
    delete this._container;
  },

  // Called by L.Renderer after every move; `_bounds` is the part of the map to draw, in layer pixels.
  _update() {
    if (this._map._animatingZoom && this._bounds) return;
    L.Renderer.prototype._update.call(this);
    const { min } = this._bounds;
    const size = this._bounds.getSize();
    const canvas = this._container;
    const dense = window.devicePixelRatio || 1;
    L.DomUtil.setPosition(canvas, min);
    canvas.width = size.x * dense;
    canvas.height = size.y * dense;
    canvas.style.width = `${size.x}px`;
    canvas.style.height = `${size.y}px`;
    const context = canvas.getContext("2d");
    context.setTransform(dense, 0, 0, dense, -min.x * dense, -min.y * dense);
    this.fire("update");
    this.draw(context, this._map, this._bounds);
  },

  _updatePaths() {},

  /** Draw anew, if on the map. */
  redraw() {
    if (this._map && this._container) this._update();
  },

  /** The box that the canvas shows, in degrees. */
  shownBounds() {
    const { min, max } = this._bounds;
    return L.latLngBounds(this._map.layerPointToLatLng(min), this._map.layerPointToLatLng(max));
  },
});

/** A canvas of what the server says of the view: asked after each move, the older question dropped. */
export const AskedCanvas = ViewCanvas.extend({
  onAdd(map) {
    this._soon ??= debounced(() => this.refresh(), WAIT_MS);
    map.on("moveend", this._soon);
    ViewCanvas.prototype.onAdd.call(this, map);
    this.refresh();
  },

  onRemove(map) {
    map.off("moveend", this._soon);
    this._request?.abort();
    ViewCanvas.prototype.onRemove.call(this, map);
  },

  /** Ask again, if on the map; `ask` takes a signal, `take` what came. */
  async refresh() {
    if (!this._map) return;
    this._request?.abort();
    this._request = new AbortController();
    const { signal } = this._request;
    try {
      const found = await this.ask(signal);
      if (!this._map || signal.aborted) return;
      this.take(found);
    } catch (error) {
      if (!isAbort(error)) this.fire("failed", { error });
    }
  },
});
