/** TensorFlow's protobuf messages, as tfjs-node carries them: generated JavaScript, typed here as far as it is used. */

/** Setters of all messages used here; each message has its own. */
export interface Message {
  addInputArg(value: Message): void;
  addMetaGraphs(value: Message): void;
  addOutputArg(value: Message): void;
  addTags(value: string): void;
  getAttrMap(): Map<string, Message>;
  getRetMap(): Map<string, string>;
  serializeBinary(): Uint8Array;
  setB(value: boolean): void;
  setDimList(value: Message[]): void;
  setDtype(value: number): void;
  setF(value: number): void;
  setFuncList(value: Message[]): void;
  setFunctionList(value: Message[]): void;
  setGraphDef(value: Message): void;
  setI(value: number): void;
  setIList(value: number[]): void;
  setInputList(value: string[]): void;
  setLibrary(value: Message): void;
  setList(value: Message): void;
  setMetaInfoDef(value: Message): void;
  setName(value: string): void;
  setNodeDefList(value: Message[]): void;
  setNodeList(value: Message[]): void;
  setOp(value: string): void;
  setProducer(value: number): void;
  setS(value: Uint8Array): void;
  setSavedModelSchemaVersion(value: number): void;
  setShape(value: Message): void;
  setShapeList(value: Message[]): void;
  setSignature(value: Message): void;
  setSize(value: number): void;
  setTensor(value: Message): void;
  setTensorContent(value: Uint8Array): void;
  setTensorShape(value: Message): void;
  setType(value: number): void;
  setTypeList(value: number[]): void;
  setVersions(value: Message): void;
}

type MessageType = new () => Message;

interface Messages {
  AttrValue: MessageType & { ListValue: MessageType };
  FunctionDef: MessageType;
  FunctionDefLibrary: MessageType;
  GraphDef: MessageType;
  MetaGraphDef: MessageType & { MetaInfoDef: MessageType };
  NameAttrList: MessageType;
  NodeDef: MessageType;
  OpDef: MessageType & { ArgDef: MessageType };
  SavedModel: MessageType;
  Tensor: MessageType;
  TensorShape: MessageType & { Dim: MessageType };
  VersionDef: MessageType;
}

// eslint-disable-next-line @typescript-eslint/no-require-imports -- JavaScript without declarations
export const messages = require('@tensorflow/tfjs-node-gpu/dist/proto/api_pb.js') as Messages;
