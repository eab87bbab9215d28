"""The Report page's parts: the dossier by points, bias scenarios, versions, files, reviews. Each draws one of them."""
