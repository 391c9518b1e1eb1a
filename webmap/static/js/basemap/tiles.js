// Tiles of a map service. Those drawn in GCJ-02 or BD-09 are moved to where they belong in WGS84.

const SYSTEMS = { gcj02: "GCJ02", bd09: "BD09" };

/** Where a WGS84 position stands on a map drawn in `datum`. */
function shifted(place, datum) {
  const system = SYSTEMS[datum];
  if (!system) return place;
  const { gcoord } = window;
  const [lon, lat] = gcoord.transform([place.lng, place.lat], gcoord.WGS84, gcoord[system]);
  return L.latLng(lat, lon);
}

const Tiles = L.TileLayer.extend({
  // A tile layer only has to know where the middle of the view is. Told the middle in the datum of
  // its tiles, it fetches the right ones and lays them where our own layers have their places.
  _getTiledPixelBounds(centre) {
    return L.TileLayer.prototype._getTiledPixelBounds.call(this, shifted(centre, this.options.datum));
  },

  _setZoomTransform(level, centre, zoom) {
    L.TileLayer.prototype._setZoomTransform.call(this, level, shifted(centre, this.options.datum), zoom);
  },

  // The shift differs from place to place, so it is taken anew after every move.
  _onMoveEnd() {
    const map = this._map;
    if (!map || map._animatingZoom) return;
    if (this._tileZoom !== undefined) this._setZoomTransforms(map.getCenter(), map.getZoom());
    L.TileLayer.prototype._onMoveEnd.call(this);
  },
});

export const tiles = ({ url, datum, maxZoom }) =>
  new Tiles(url, { datum, maxNativeZoom: maxZoom, maxZoom: 22, pane: "ground" });
