"""Pure functions on coordinates, weights, costs and polygons; knows no station and no setting."""
