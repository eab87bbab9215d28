"""A model leaves the workbench: `python -m backend.leaving WORKSPACE RUN FOLDER`, a process of its own, because whoever
asks for it imports no torch.

    choice.py   which model of a run leaves
    refit.py    that model, from the store or fitted once more and held against what the study sealed
    folder.py   the files, the check of what they say, the features of the data set
    onnx.py     the network as ONNX, held against torch
    source.py   the code that goes with it
    model.py    and files/: what runs outside, without the workbench

How new files of a modality are read, its room says: `backend/stages/modality/NAME/reading.py` and `leaving.py`.
"""
