// A canvas over the view that is drawn anew after each move and stretched while zooming.
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
