"""Pure functions: data in, Plotly figure out. One file a page; `theme` holds colours and layout."""
